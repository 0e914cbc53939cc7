"""The price catalogue, compiled from the locked genai-prices package and our own dated tables.

genai        genai-prices in the catalogue's form
corrections  what that package cannot say or does not have, each with its page and date
alibaba      a seller that it does not have
"""
