/** A list as one value of a statement, for a parameter that is cast to `text[]` or `bigint[]`. */
export class ListValue {
  readonly type: 'text' | 'bigint';
  readonly items: readonly (string | number | null)[];

  private constructor(type: ListValue['type'], items: ListValue['items']) {
    [this.type, this.items] = [type, items];
  }

  static texts(items: readonly (string | null)[]): ListValue {
    return new ListValue('text', items);
  }

  static integers(items: readonly (number | null)[]): ListValue {
    return new ListValue('bigint', items);
  }
}
