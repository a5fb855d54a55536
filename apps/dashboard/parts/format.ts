import type { Session } from '#contracts';

const NUMBERS = new Intl.NumberFormat('en-GB');

export const count = (value: number): string => NUMBERS.format(value);

/** `12/s`, `0.8/s`, `3/min`: at least one figure that says something. */
export function rate(perSecond: number): string {
  if (perSecond >= 10) return `${count(Math.round(perSecond))}/s`;
  if (perSecond >= 0.5) return `${perSecond.toFixed(1)}/s`;
  const perMinute = perSecond * 60;
  return perMinute >= 1 ? `${Math.round(perMinute)}/min` : `${Math.round(perMinute * 60)}/h`;
}

/** `41 s`, `3 min`, `2 h 05 min`, `4 d 3 h`. Input: seconds. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 100) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `34 ms`, `1.4 s`, `41 s`, `3 min`: of a single image. */
export const latency = (ms: number): string =>
  ms < 1_000
    ? `${Math.round(ms)} ms`
    : ms < 10_000
      ? `${(ms / 1_000).toFixed(1)} s`
      : duration(ms / 1_000);

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `940 MiB`, `1.4 GiB`. */
export function bytes(value: number): string {
  let [left, unit] = [value, 0];
  while (left >= 1_000 && unit < BYTE_UNITS.length - 1) {
    left /= 1_024;
    unit += 1;
  }
  return `${left < 10 && unit > 0 ? left.toFixed(1) : Math.round(left)} ${BYTE_UNITS[unit]}`;
}

export const percent = (fraction: number): string => `${Math.floor(fraction * 100)} %`;

/** `1 image`, `3 images`. Input: one of them in a word; `many` where an s is not enough. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** What a key with these scopes may, in words. */
export function roleOf(scopes: Session['scopes']): string {
  const may = scopes.includes('write') ? 'read and write' : 'read only';
  return scopes.includes('operate') ? `${may}, operate` : may;
}
