/** A thing that scenes are made of: a picture of @lobehub/fluent-emoji-3d, by its code points. */
export interface Kind {
  readonly code: string;
  /** As it is named in prompts and answers. */
  readonly label: string;
  readonly plural: string;
  /** Of kinds that are there in several colours. */
  readonly colour?: string;
  /** Of workers. */
  readonly hasHelmet?: boolean;
}

const thing = (code: string, label: string, plural = `${label}s`): Kind => ({
  code,
  label,
  plural,
});
const coloured = (code: string, label: string, colour: string): Kind => ({
  ...thing(code, label),
  colour,
});

/** Distinct at 30 pixels. A label with colours has one picture for each. */
export const KINDS: readonly Kind[] = [
  thing('1f436', 'dog'),
  thing('1f431', 'cat'),
  thing('1f437', 'pig'),
  thing('1f438', 'frog'),
  thing('1f43c', 'panda'),
  thing('1f427', 'penguin'),
  thing('1f98b', 'butterfly', 'butterflies'),
  thing('1f422', 'turtle'),
  thing('1f41f', 'fish', 'fish'),
  coloured('1f34e', 'apple', 'red'),
  coloured('1f34f', 'apple', 'green'),
  thing('1f34c', 'banana'),
  thing('1f353', 'strawberry', 'strawberries'),
  thing('1f349', 'melon'),
  thing('1f955', 'carrot'),
  thing('1f354', 'burger'),
  thing('1f369', 'donut'),
  coloured('1f697', 'car', 'red'),
  coloured('1f699', 'car', 'blue'),
  coloured('1f695', 'car', 'yellow'),
  thing('1f68c', 'bus', 'buses'),
  thing('1f6b2', 'bicycle'),
  thing('2708-fe0f', 'plane'),
  thing('1f680', 'rocket'),
  thing('26bd', 'ball'),
  thing('2602-fe0f', 'umbrella'),
  thing('23f0', 'clock'),
  thing('1f511', 'key'),
  coloured('1f4d5', 'book', 'red'),
  coloured('1f4d7', 'book', 'green'),
  coloured('1f4d8', 'book', 'blue'),
  coloured('2764-fe0f', 'heart', 'red'),
  coloured('1f499', 'heart', 'blue'),
  coloured('1f49b', 'heart', 'yellow'),
  coloured('1f49a', 'heart', 'green'),
  { ...thing('1f477', 'worker'), hasHelmet: true },
  { ...thing('1f9d1-200d-1f527', 'worker'), hasHelmet: false },
  { ...thing('1f9d1-200d-1f33e', 'worker'), hasHelmet: false },
];
