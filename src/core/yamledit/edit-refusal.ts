/** Thrown where a text cannot be edited without touching more than was asked; caught by the door of this room. */
export class EditRefusal extends Error {
  override readonly name = 'EditRefusal';
  /** Where in the text, in UTF-16 units. */
  readonly offset: number;
  /** One line: what to do instead. */
  readonly hint: string;

  constructor(offset: number, message: string, hint: string) {
    super(message);
    this.offset = offset;
    this.hint = hint;
  }
}
