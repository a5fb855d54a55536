import { z } from 'zod';

const exampleSchema = z.looseObject({
  image: z.string({ error: 'needs an `image`: a file name of the image set, or a data: URL' }),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, { error: 'has a `sha256` that is none in lower-case hex' })
    .optional(),
  prefix: z.string({ error: 'needs a `prefix`: the text of the task' }),
  suffix: z
    .string({ error: 'needs a `suffix`: the answer' })
    .refine((text) => text.trim() !== '', { error: 'has an empty `suffix`: nothing to learn' }),
});
export type ExampleLine = z.infer<typeof exampleSchema>;

/** What a line says, or what is wrong with it. */
export function parseExample(line: string): ExampleLine | { readonly fault: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { fault: 'is no JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { fault: 'is no JSON object' };
  }
  const parsed = exampleSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  return { fault: parsed.error.issues.map((issue) => issue.message).join('; ') };
}

const DATA_URL = /^data:image\/[a-z0-9.+-]+;base64,([A-Za-z0-9+/]+={0,2})$/;

/** The bytes of a data: URL; undefined when it is none, or none of an image in base64. */
export function imageOfDataUrl(url: string): Buffer | undefined {
  const [, base64] = DATA_URL.exec(url) ?? [];
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64');
}
