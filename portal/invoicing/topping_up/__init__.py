"""«Пополнить счет»: one page, each way to pay."""
