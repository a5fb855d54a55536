interface Props {
  /** A list that is read page after page. */
  readonly of: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly fetchNextPage: () => unknown;
  };
  /** What comes next: `Older keys`. */
  readonly label: string;
  /** Default: that of a list. */
  readonly className?: string;
}

/** Reads the next page of a list; nothing when all of it is there. */
export function MoreButton({ of: list, label, className = 'button more' }: Props) {
  if (!list.hasNextPage) return null;
  return (
    <button
      type="button"
      className={className}
      disabled={list.isFetchingNextPage}
      onClick={() => void list.fetchNextPage()}
    >
      {label}
    </button>
  );
}
