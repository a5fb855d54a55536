import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: it begins the trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly service: string;
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** Spans of other traces. */
  readonly links: readonly string[];
  readonly events: readonly string[];
  /** A stable code, when it failed. */
  readonly error: string | undefined;
}

/** What a collector does with OTLP over HTTP as JSON, in memory; `isHanging` makes it take requests and never answer. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  isHanging = false;
  readonly #arrivals = new EventEmitter();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when the spans that have come are enough. */
  async until(isEnough: (spans: readonly ReceivedSpan[]) => boolean, timeoutMs: number) {
    const signal = AbortSignal.timeout(timeoutMs);
    while (!isEnough(this.spans)) await once(this.#arrivals, 'spans', { signal });
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.isHanging) return;
    const isWanted = request.method === 'POST' && request.url === '/v1/traces';
    if (isWanted) this.spans.push(...readSpans(Buffer.concat(chunks).toString()));
    response.writeHead(isWanted ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
    this.#arrivals.emit('spans');
  }
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly intValue?: number | string;
    readonly doubleValue?: number;
    readonly boolValue?: boolean;
  };
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly events?: readonly { readonly name: string }[];
  readonly status?: { readonly code?: number; readonly message?: string };
}

interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

const FAILED = 2;

function readSpans(body: string): ReceivedSpan[] {
  return (JSON.parse(body) as OtlpBody).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(attributesOf(resource.attributes)['service.name']);
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => toReceived(span, service)));
  });
}

function toReceived(span: OtlpSpan, service: string): ReceivedSpan {
  const { traceId, spanId, parentSpanId = '', name, status } = span;
  return {
    traceId,
    spanId,
    parentSpanId,
    name,
    service,
    startMs: Number(span.startTimeUnixNano) / 1e6,
    endMs: Number(span.endTimeUnixNano) / 1e6,
    attributes: attributesOf(span.attributes),
    links: (span.links ?? []).map((link) => `${link.traceId}-${link.spanId}`),
    events: (span.events ?? []).map((event) => event.name),
    error: status?.code === FAILED ? (status.message ?? '') : undefined,
  };
}

const attributesOf = (attributes: readonly OtlpAttribute[]): ReceivedSpan['attributes'] =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ??
        value.doubleValue ??
        value.boolValue ??
        (value.intValue === undefined ? '' : Number(value.intValue)),
    ]),
  );
