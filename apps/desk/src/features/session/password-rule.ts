/** As the contract has it; the server decides. */
export const passwordLengthMin = 10;
