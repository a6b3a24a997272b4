-- The search reads product_search since 0044. Each write of a product still paid for this index.
drop index product_words;
