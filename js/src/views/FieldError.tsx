/** What is wrong with a field, said as soon as it is known. */
export function FieldError({ id, text }: { id?: string; text: string | undefined }) {
  return text ? (
    <div class="field-error" id={id} role="alert" data-testid="field-error">
      {text}
    </div>
  ) : null;
}
