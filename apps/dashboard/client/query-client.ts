import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ProblemError } from './request';

export const SESSION_KEY = ['session'] as const;

/** A session that ends while the page is open leads to the sign-in page, at the same address. */
export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      if (isSignedOut(error) && query.queryKey[0] !== SESSION_KEY[0]) {
        void queryClient.invalidateQueries({ queryKey: SESSION_KEY });
      }
    },
  }),
  defaultOptions: {
    queries: {
      // A browser that takes itself for offline may still reach this machine; the badge says what is so.
      networkMode: 'always',
      staleTime: 1_000,
      retry: (count, error) => !(error instanceof ProblemError) && count < 2,
      refetchOnWindowFocus: true,
    },
    mutations: { networkMode: 'always' },
  },
});

export const isSignedOut = (error: unknown): boolean =>
  error instanceof ProblemError && error.problem.status === 401;
