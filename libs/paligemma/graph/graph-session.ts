import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { encodeModel, type Graph } from '#onnx';
import type { Dialect } from './dialect.js';

export interface SessionOptions {
  /** Folder that the graph's external data is relative to. */
  readonly weightFolder: string;
  /** Threads of one operator; the runtime's own choice when absent: one per core. */
  readonly threads?: number;
  /** Default cpu. */
  readonly provider?: Dialect['provider'];
  /** WebGPU: outputs that stay on the device. Whoever gets them must dispose of them. */
  readonly onDevice?: readonly string[];
  /** Every run has the sizes of the first: the runtime then plans its memory once. */
  readonly hasFixedSizes?: boolean;
}

/**
 * A graph loaded into ONNX Runtime.
 *
 * What onnxruntime-node 1.30.0 does, and this engine is built on (see onnxruntime.spec.ts): `run` blocks the thread
 * until it is done, inputs are not copied, every fetched output is.
 */
export class GraphSession {
  private constructor(private readonly session: InferenceSession) {}

  static async open(graph: Graph, options: SessionOptions): Promise<GraphSession> {
    const { provider = 'cpu', onDevice } = options;
    const session = await InferenceSession.create(encodeModel(graph), {
      executionProviders: [provider],
      ...(onDevice === undefined ? {} : { preferredOutputLocation: locations(onDevice) }),
      ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
      // Prompts differ in length: a memory pattern would be kept for each.
      enableMemPattern: options.hasFixedSizes ?? false,
      logSeverityLevel: 3,
      extra: {
        session: {
          model_external_initializers_file_folder_path: options.weightFolder,
          // Sessions take turns; a spinning pool would hold the cores of the next.
          intra_op: { allow_spinning: '0' },
          // An operator that the device cannot compute is an error, and not a silent copy to and fro.
          ...(provider === 'webgpu' ? { disable_cpu_ep_fallback: '1' } : {}),
        },
      },
    });
    return new GraphSession(session);
  }

  /** Computes the graph and copies out the named outputs only. */
  async run<Name extends string>(
    feeds: Readonly<Record<string, Tensor>>,
    fetches: readonly Name[],
  ): Promise<Readonly<Record<Name, Tensor>>> {
    return (await this.session.run(feeds, [...fetches])) as Record<Name, Tensor>;
  }

  /**
   * Computes the graph into tensors that exist, which may be inputs too. On a device only: on the CPU the binding
   * hands out copies. Not for sessions with outputs `onDevice`: the runtime then ignores the tensors, silently.
   */
  async runInto(
    feeds: Readonly<Record<string, Tensor>>,
    targets: Readonly<Record<string, Tensor>>,
  ): Promise<void> {
    await this.session.run(feeds, targets);
  }

  release(): Promise<void> {
    return this.session.release();
  }
}

function locations(onDevice: readonly string[]): Record<string, 'gpu-buffer'> {
  return Object.fromEntries(onDevice.map((name) => [name, 'gpu-buffer' as const]));
}
