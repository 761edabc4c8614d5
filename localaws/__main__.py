"""`python -m localaws` runs the demo."""

from localaws.demo import main

main()
