/** What handlers do with an event of the page, said once. */

/** Nothing else is to happen for this event, here or around. */
export function consume(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}

/** What stands in the field that an event comes from. */
export function enteredIn(event: { currentTarget: { value: string } }): string {
  return event.currentTarget.value;
}
