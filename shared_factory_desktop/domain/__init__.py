"""Rules of metering, billing and money: frozen values and pure functions, standard library only."""
