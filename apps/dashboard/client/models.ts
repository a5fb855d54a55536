import { useInfiniteQuery } from '@tanstack/react-query';
import type { ModelPage } from '#contracts';
import { useAskingPace } from './connection';
import { pagesOf } from './pages';

const MODELS_A_PAGE = 100;

/** Asked for again when the stream tells that others serve them, or that one was trained. */
export const useModels = () =>
  useInfiniteQuery({
    queryKey: ['models', 'pages'],
    ...pagesOf<ModelPage>('/v1/models', MODELS_A_PAGE),
    refetchInterval: useAskingPace(),
  });
