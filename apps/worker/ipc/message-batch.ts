/**
 * Sends what one turn of the event loop has to say as one IPC message: serialising and waking the other
 * process cost several times what a small picture costs. Messages keep their order.
 */
export class MessageBatch<Message> {
  #waiting: Message[] = [];

  constructor(private readonly post: (batch: readonly Message[]) => void) {}

  send(message: Message): void {
    this.#waiting.push(message);
    if (this.#waiting.length === 1) setImmediate(() => this.flush());
  }

  flush(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length > 0) this.post(batch);
  }
}
