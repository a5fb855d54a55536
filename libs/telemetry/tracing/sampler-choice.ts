/** As OpenTelemetry names them in OTEL_TRACES_SAMPLER. */
export interface SamplerChoice {
  readonly name:
    | 'always_on'
    | 'always_off'
    | 'traceidratio'
    | 'parentbased_always_on'
    | 'parentbased_always_off'
    | 'parentbased_traceidratio';
  /** Of traces, 0 to 1. */
  readonly ratio: number;
}
