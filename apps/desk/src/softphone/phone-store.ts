export function endPhone(): void {}
