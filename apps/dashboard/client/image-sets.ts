import { useInfiniteQuery } from '@tanstack/react-query';
import type { ImageSetPage } from '#contracts';
import { pagesOf } from './pages';

const SETS_A_PAGE = 100;

export const useImageSets = () =>
  useInfiniteQuery({
    queryKey: ['image-sets'],
    ...pagesOf<ImageSetPage>('/v1/image-sets', SETS_A_PAGE),
  });
