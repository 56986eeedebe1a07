"""The story of one delivery: what is known of it, each part possibly not, as steps in order and an ending. Pure.

delivery_ids       what an id may look like, and what it says by itself
retries            when Junction sends it again
facts              what could be found out of one delivery, and why the rest could not
story_of_delivery  facts → the story: `endings` how it ended, `*_steps` what happened, `absence` what if nothing did,
                   `doubts` whether that is certain, `other_ids` of a word that is hardly an id,
                   `put_back` what of a letter that went back
"""
