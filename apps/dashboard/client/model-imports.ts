import { useInfiniteQuery } from '@tanstack/react-query';
import type { ModelImportPage } from '#contracts';
import { useAskingPace } from './connection';
import { pagesOf } from './pages';

const IMPORTS_A_PAGE = 10;

/** Newest first. Asked for again when the stream tells how far one is. */
export const useModelImports = () =>
  useInfiniteQuery({
    queryKey: ['model-imports'],
    ...pagesOf<ModelImportPage>('/v1/model-imports', IMPORTS_A_PAGE),
    refetchInterval: useAskingPace(),
  });
