// happy-dom knows popovers and dialogs as elements, but cannot show them.
HTMLElement.prototype.showPopover ??= () => {};
HTMLDialogElement.prototype.showModal ??= () => {};
