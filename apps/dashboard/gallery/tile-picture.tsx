import { useEffect, useState } from 'react';
import { fling } from './fling';

interface Props {
  readonly src: string;
}

/** Nothing while the page is flung; then the picture, or that there is none. */
export function TilePicture({ src }: Props) {
  const [isDue, setDue] = useState(() => !fling.isOn);
  const [isMissing, setMissing] = useState(false);
  useEffect(() => (isDue ? undefined : fling.whenOver(() => setDue(true))), [isDue]);
  if (isMissing) return <span className="quiet">no picture</span>;
  if (!isDue) return null;
  return <img src={src} alt="" loading="lazy" decoding="async" onError={() => setMissing(true)} />;
}
