/** What is asked about a scene, and the right answer: the two texts of a training line. */
export interface Example {
  readonly prefix: string;
  readonly suffix: string;
}
