"""The story of backpropagation: the worked examples as chapters, in which a prediction is asked before each step."""

from microgradnet.teach.story.page import StoryPage, story

__all__ = ["StoryPage", "story"]
