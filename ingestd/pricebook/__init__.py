"""What events cost: the bundled catalogue, the versions a person added, and how an event finds its price.

bundled    genai-prices, compiled by a short child process into versions with effective dates
matching   which catalogue model an event's names mean
tariff     the versions in force over time for one combination of names
book       event → frozen cost, price id and how it was matched
"""
