import { z } from 'zod';

/** Longest edges of the copies of a picture that are kept for screens, pixels: of a tile, and of a whole page. */
export const THUMBNAIL_EDGES = [320, 1600] as const;
export type ThumbnailEdge = (typeof THUMBNAIL_EDGES)[number];

export const thumbnailQuerySchema = z.object({
  n: z.coerce.number().int().min(0).max(2_147_483_647).describe('Number of the image in its set'),
  edge: z
    .enum(['320', '1600'])
    .default('320')
    .transform((text) => Number(text) as ThumbnailEdge)
    .describe('Longest edge, pixels'),
});
export type ThumbnailQuery = z.output<typeof thumbnailQuerySchema>;

/** Beside the image that it shows; it can be made again at any time. */
export function thumbnailKey(tenantId: string, sha256: string, edge: ThumbnailEdge): string {
  return `t/${tenantId}/thumbnails/${edge}/${sha256}`;
}
