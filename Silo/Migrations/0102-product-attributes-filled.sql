-- Products that existed before product_attributes did were added in small steps before this one.
analyze product_attributes;
