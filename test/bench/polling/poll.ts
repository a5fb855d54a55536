import { Agent, request } from 'node:http';

const CONNECTIONS = 64;
const TICK_MS = 1;

export interface Polled {
  readonly url: string;
  readonly apiKey: string;
}

/**
 * Asks one URL at a fixed rate, whatever the answers do (open loop): each poll counts from when it was due, so a stall
 * is in every poll that it holds up. Input: polls a second.
 */
export async function poll(polled: Polled, rate: number, seconds: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  const pending: Promise<void>[] = [];
  const startedAt = performance.now();
  const total = rate * seconds;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, ((performance.now() - startedAt) / 1_000) * rate);
      while (pending.length < due) {
        const dueAt = startedAt + (pending.length / rate) * 1_000;
        pending.push(
          ask(agent, polled).then((status) => {
            statuses[status] = (statuses[status] ?? 0) + 1;
            latencies.push(performance.now() - dueAt);
          }),
        );
      }
      if (pending.length < total) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  await Promise.all(pending);
  const tookMs = performance.now() - startedAt;
  agent.destroy();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => Number(latencies[Math.floor((total - 1) * share)]!.toFixed(2));
  return {
    answered_per_second: Math.round((total / tookMs) * 1_000),
    statuses,
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    worst_ms: at(1),
  };
}

function ask(agent: Agent, { url, apiKey }: Polled): Promise<number | string> {
  const headers = { authorization: `Bearer ${apiKey}` };
  return new Promise((resolve) => {
    const sent = request(url, { agent, headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 'none'));
    });
    sent.once('error', (error) => resolve(error.name)).end();
  });
}
