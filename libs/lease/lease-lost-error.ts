/** The lease is gone: whatever was not committed is somebody else's work now. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}
