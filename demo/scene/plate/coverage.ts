/** How much of each pixel is covered, 0 to 1: edges are a pixel wide, by the distance of the pixel's middle. */
export class Coverage {
  readonly values: Float64Array;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.values = new Float64Array(width * height);
  }

  /** A line with round ends, `radius` pixels to both sides. */
  line(x1: number, y1: number, x2: number, y2: number, radius: number): void {
    const reach = radius + 1;
    const left = Math.max(0, Math.floor(Math.min(x1, x2) - reach));
    const right = Math.min(this.width, Math.ceil(Math.max(x1, x2) + reach));
    const top = Math.max(0, Math.floor(Math.min(y1, y2) - reach));
    const bottom = Math.min(this.height, Math.ceil(Math.max(y1, y2) + reach));
    const [alongX, alongY] = [x2 - x1, y2 - y1];
    const length = alongX * alongX + alongY * alongY;
    for (let y = top; y < bottom; y++) {
      const fromY = y + 0.5 - y1;
      for (let x = left; x < right; x++) {
        const fromX = x + 0.5 - x1;
        const share = Math.max(0, Math.min(1, (fromX * alongX + fromY * alongY) / length));
        const [offX, offY] = [fromX - share * alongX, fromY - share * alongY];
        const value = radius + 0.5 - Math.sqrt(offX * offX + offY * offY);
        const at = y * this.width + x;
        if (value > this.values[at]!) this.values[at] = Math.min(1, value);
      }
    }
  }
}
