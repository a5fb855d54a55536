import type { ItemResult, JobPreview } from '#contracts';
import { thumbnailUrl } from '../client/results';
import { ItemAnswers } from '../item/item-answers';
import { OverlayCanvas } from '../overlay/overlay-canvas';

interface Props {
  readonly set: string;
  readonly preview: JobPreview;
}

const NOTHING_HIDDEN: ReadonlySet<string> = new Set();

/** Known before the picture has come, which then pushes nothing down. */
const ratioOf = ({ image: { width, height } }: ItemResult): string | undefined =>
  width && height ? `${width} / ${height}` : undefined;

export function SampleAnswers({ set, preview }: Props) {
  return (
    <section aria-labelledby="samples">
      <h2 id="samples">A few answers</h2>
      {preview.samples_left > 0 && (
        <p className="quiet">{preview.samples_left} of them took too long.</p>
      )}
      <ul className="samples">
        {preview.samples.map((item) => (
          <li key={item.n}>
            <div className="sample-picture" style={{ aspectRatio: ratioOf(item) }}>
              <img src={thumbnailUrl(set, item.n)} alt="" />
              <OverlayCanvas
                boxes={item.answers.flatMap(({ boxes }) => boxes)}
                width={item.image.width ?? 1}
                height={item.image.height ?? 1}
                line={Math.max(1, Math.round((item.image.width ?? 1) * 0.008))}
                maskOpacity={0.5}
                showBoxes
              />
            </div>
            <div>
              <p className="quiet">{item.image.name}</p>
              {item.error && <p className="form-error">{item.error.detail}</p>}
              <ItemAnswers tasks={preview.tasks} item={item} hidden={NOTHING_HIDDEN} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
