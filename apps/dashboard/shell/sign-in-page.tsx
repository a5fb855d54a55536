import { useState } from 'react';
import { useSignIn } from '../client/session';
import { Wordmark } from './wordmark';

export function SignInPage() {
  const [key, setKey] = useState('');
  const signIn = useSignIn();
  return (
    <main className="sign-in">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate(key);
        }}
      >
        <h1>
          <Wordmark />
        </h1>
        <label htmlFor="api-key">API key</label>
        <input
          id="api-key"
          type="password"
          autoComplete="current-password"
          spellCheck={false}
          placeholder="plt_…"
          required
          autoFocus
          value={key}
          onChange={(event) => setKey(event.target.value)}
          aria-describedby="api-key-help"
          aria-invalid={signIn.isError}
        />
        {signIn.isError && (
          <p className="form-error" role="alert">
            {signIn.error.message}
          </p>
        )}
        <button type="submit" className="button primary" disabled={signIn.isPending}>
          Sign in
        </button>
        <p id="api-key-help" className="quiet">
          <code>pallet up</code> prints the key when it starts. It becomes a cookie of this browser
          for a week; the page itself does not keep it.
        </p>
      </form>
    </main>
  );
}
