"""What a round is told: records read once, in a fixed order, and turned into arrays.

`needs`, `openings` and `history` read records and give plain rows; `arrays` turns rows into the engine's problem;
`board` puts both together and keeps which row stands for which record.
"""
