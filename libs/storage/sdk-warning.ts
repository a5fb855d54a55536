/** The SDK is pinned exactly, so what its later versions need is no news for the operator. */
export function silenceNodeVersionWarning(): void {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
}
