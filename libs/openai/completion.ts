import type { Answer } from '#contracts';

/** An answer with what a completion says about it. */
export interface Answered {
  /** The same for the same item, whenever it is written. */
  readonly id: string;
  readonly model: string;
  readonly answer: Answer;
  readonly finishedAt: Date;
}

/** Input: id of a job, a UUID, and number of the item there. */
export const completionId = (kind: 'chatcmpl' | 'resp' | 'batch_req', job: string, n: number) =>
  `${kind}${kind === 'chatcmpl' ? '-' : '_'}${job.replaceAll('-', '')}${n.toString(16).padStart(8, '0')}`;

/** `repetition` was cut off, too. `pallet.end_reason` says which. */
const finishReason = ({ end_reason: reason }: Answer): 'stop' | 'length' =>
  reason === 'eos' ? 'stop' : 'length';

/** What OpenAI's shape has no place for; boxes most of all. */
function beside({ text, boxes, confidence, end_reason, warnings }: Answer) {
  return { text, boxes, confidence, end_reason, warnings };
}

/** The content is what the model wrote, location tokens and all. */
export function writeChatCompletion({ id, model, answer, finishedAt }: Answered) {
  const prompt_tokens = answer.prompt_tokens ?? 0;
  return {
    id,
    object: 'chat.completion' as const,
    created: seconds(finishedAt),
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant' as const, content: answer.raw, refusal: null },
        logprobs: null,
        finish_reason: finishReason(answer),
      },
    ],
    usage: {
      prompt_tokens,
      completion_tokens: answer.tokens,
      total_tokens: prompt_tokens + answer.tokens,
    },
    pallet: beside(answer),
  };
}

export function writeResponse({ id, model, answer, finishedAt }: Answered) {
  const input_tokens = answer.prompt_tokens ?? 0;
  const isCut = finishReason(answer) === 'length';
  const status = isCut ? ('incomplete' as const) : ('completed' as const);
  const content = [{ type: 'output_text' as const, text: answer.raw, annotations: [] }];
  return {
    id,
    object: 'response' as const,
    created_at: seconds(finishedAt),
    status,
    error: null,
    incomplete_details: isCut ? { reason: 'max_output_tokens' as const } : null,
    instructions: null,
    model,
    output: [
      { type: 'message' as const, id: `msg_${id}`, status, role: 'assistant' as const, content },
    ],
    parallel_tool_calls: false,
    temperature: null,
    tool_choice: 'none' as const,
    tools: [],
    top_p: null,
    metadata: {},
    usage: {
      input_tokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: answer.tokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input_tokens + answer.tokens,
    },
    pallet: beside(answer),
  };
}

const seconds = (at: Date): number => Math.floor(at.getTime() / 1_000);
