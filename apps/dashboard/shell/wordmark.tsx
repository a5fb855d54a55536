export function Wordmark() {
  return (
    <span className="wordmark">
      <svg viewBox="0 0 32 32" width="20" height="20" aria-hidden="true" fill="currentColor">
        <rect x="3" y="5" width="26" height="5" rx="1" />
        <rect x="3" y="13.5" width="26" height="5" rx="1" opacity=".7" />
        <rect x="3" y="22" width="7" height="6" rx="1" />
        <rect x="12.5" y="22" width="7" height="6" rx="1" />
        <rect x="22" y="22" width="7" height="6" rx="1" />
      </svg>
      Pallet
    </span>
  );
}
