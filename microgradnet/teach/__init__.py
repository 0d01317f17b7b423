"""For a class: worked examples, exercises, worksheets and their marking, common misconceptions."""
