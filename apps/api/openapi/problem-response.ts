import { STATUS_CODES } from 'node:http';

export interface ProblemResponse {
  description: string;
  content: Record<string, { schema: { $ref: string } }>;
}

export const problemResponse = (status: number): ProblemResponse => ({
  description: STATUS_CODES[status] ?? 'Error',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});
