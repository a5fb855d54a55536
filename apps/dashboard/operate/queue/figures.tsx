interface Props {
  readonly figures: readonly (readonly [name: string, value: string])[];
}

export function Figures({ figures }: Props) {
  return (
    <dl className="figures-strip">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
