import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { encodeModel, type Graph } from '#onnx';

export interface SessionOptions {
  /** Folder that the graph's external data is relative to. */
  readonly weightFolder: string;
  /** Threads of one operator; the runtime's own choice when absent: one per core. */
  readonly threads?: number;
}

/**
 * A graph loaded into ONNX Runtime on the CPU.
 *
 * What onnxruntime-node 1.30.0 does, and this engine is built on (see onnxruntime.spec.ts): `run` blocks the thread
 * until it is done, inputs are not copied, every fetched output is.
 */
export class GraphSession {
  private constructor(private readonly session: InferenceSession) {}

  static async open(graph: Graph, options: SessionOptions): Promise<GraphSession> {
    const session = await InferenceSession.create(encodeModel(graph), {
      executionProviders: ['cpu'],
      ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
      // Prompts differ in length: a memory pattern would be kept for each.
      enableMemPattern: false,
      logSeverityLevel: 3,
      extra: {
        session: {
          model_external_initializers_file_folder_path: options.weightFolder,
          // Sessions take turns; a spinning pool would hold the cores of the next.
          intra_op: { allow_spinning: '0' },
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

  release(): Promise<void> {
    return this.session.release();
  }
}
