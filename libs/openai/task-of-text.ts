import { taskSchema, type Task } from '#contracts';

/**
 * The task whose prompt is this text to the letter; any other text is asked as it is. Knowing the task
 * gives `detect` and `segment` their grammar and every task its usual length.
 *
 * Input: a text, and the most tokens of the answer if the client says. Output: undefined for a text that is empty
 * or too long to be a prompt.
 */
export function taskOfText(text: string, maxTokens?: number): Task | undefined {
  const prompt = text.replace(/[\r\n]+$/, '');
  const limit = maxTokens === undefined ? {} : { max_tokens: maxTokens };
  for (const read of FORMS) {
    const fields = read(prompt);
    if (fields === undefined) continue;
    const parsed = taskSchema.safeParse({ ...fields, ...limit });
    if (parsed.success && isExact(parsed.data, fields)) return parsed.data;
  }
  const parsed = taskSchema.safeParse({ type: 'prompt', prompt, ...limit });
  return parsed.success ? parsed.data : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const FORMS: readonly ((prompt: string) => Fields | undefined)[] = [
  (prompt) => {
    const [, language] = /^caption (\S+)$/.exec(prompt) ?? [];
    return language === undefined ? undefined : { type: 'caption', language };
  },
  (prompt) => {
    const [, language, question] = /^answer (\S+) ([^]+)$/.exec(prompt) ?? [];
    return question === undefined ? undefined : { type: 'answer', language, question };
  },
  (prompt) => {
    const [, list] = /^detect (.+)$/.exec(prompt) ?? [];
    return list === undefined ? undefined : { type: 'detect', labels: list.split(' ; ') };
  },
  (prompt) => {
    const [, label] = /^segment (.+)$/.exec(prompt) ?? [];
    return label === undefined ? undefined : { type: 'segment', label };
  },
  (prompt) => (prompt === 'ocr' ? { type: 'ocr' } : undefined),
];

/** A schema that trims a field would change the prompt. */
const isExact = (task: Task, fields: Fields): boolean =>
  Object.entries(fields).every(
    ([name, value]) =>
      JSON.stringify((task as Readonly<Record<string, unknown>>)[name]) === JSON.stringify(value),
  );
