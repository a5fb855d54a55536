import { z } from 'zod';

const language = z
  .string()
  .regex(/^[a-z]{2}(-[A-Za-z]{2,4})?$/)
  .default('en')
  .describe('Language code that the checkpoint was trained with; `en` is the most reliable.');
const label = z.string().trim().min(1).max(128);
const maxTokens = z
  .int()
  .min(1)
  .max(1024)
  .optional()
  .describe('Most tokens to generate for this task; an answer cut off here is marked `length`.');

/** One question to a checkpoint. Prompts follow PaliGemma's own task prefixes. */
export const taskSchema = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('caption'), language, max_tokens: maxTokens }),
    z.object({
      type: z.literal('answer'),
      question: z.string().trim().min(1).max(1000),
      language,
      max_tokens: maxTokens,
    }),
    z.object({
      type: z.literal('detect'),
      labels: z.array(label).min(1).max(32),
      max_tokens: maxTokens,
    }),
    z.object({ type: z.literal('segment'), label, max_tokens: maxTokens }),
    z.object({ type: z.literal('ocr'), max_tokens: maxTokens }),
    z.object({
      type: z.literal('prompt'),
      prompt: z.string().min(1).max(2000),
      max_tokens: maxTokens,
    }),
  ])
  .meta({ id: 'Task' });
export type Task = z.infer<typeof taskSchema>;

/** Most that a job asks an image. */
export const MOST_TASKS = 16;
export const tasksSchema = z.array(taskSchema).min(1).max(MOST_TASKS);

/** What a job asks: the same about every image, or about each image what that image brought. */
export type JobTasks = readonly Task[] | 'own';
