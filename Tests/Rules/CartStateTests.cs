using SoonShop.Carts;
using SoonShop.Orders;
using SoonShop.Pricing;

namespace SoonShop.Tests.Rules;

public sealed class CartStateTests
{
    private static readonly CartState Empty = CartState.Empty(isGuest: false);

    [Fact]
    public void a_line_is_set_and_not_added_up()
    {
        var cart = Set(Set(Empty, "MUG", 2), "MUG", 3);

        Assert.Equal([Given.Line("MUG", 3)], cart.Lines);
    }

    [Fact]
    public void lines_keep_the_order_in_which_they_came() =>
        Assert.Equal(["MUG", "SPOON"], Set(Set(Set(Empty, "MUG", 1), "SPOON", 1), "MUG", 5).Lines.Select(l => l.Sku));

    [Fact]
    public void the_same_line_again_changes_nothing()
    {
        var cart = Set(Empty, "MUG", 2);

        cart.SetItem("MUG", "The MUG", 2, Given.Usd(1000)).StaysAs(cart);
    }

    [Fact]
    public void zero_removes_a_line_once()
    {
        var cart = Set(Set(Empty, "MUG", 2), "MUG", 0);

        Assert.Empty(cart.Lines);
        cart.SetItem("MUG", "The MUG", 0, Given.Usd(1000)).StaysAs(cart);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(CartLine.MaxQuantity + 1)]
    [InlineData(int.MinValue)]
    public void a_quantity_out_of_range_is_refused(int quantity)
    {
        var decision = Empty.SetItem("MUG", "The MUG", quantity, Given.Usd(1000));

        decision.IsRefused(ErrorCode.ValidationFailed);
        Assert.Equal("quantity", decision.Error!.Errors!.Single().Key);
    }

    [Fact]
    public void a_full_cart_takes_no_other_product_but_changes_those_it_has()
    {
        var full = Full();

        full.SetItem("MUG", "The MUG", 1, Given.Usd(1000)).IsRefused(ErrorCode.Conflict);
        Assert.Equal(CartLine.MaxQuantity, Set(full, "SKU-0", CartLine.MaxQuantity).Lines[0].Quantity);
    }

    [Fact]
    public void a_new_price_shows_the_one_before_until_the_line_is_touched()
    {
        var repriced = Set(Empty, "MUG", 2).Reprice(Prices(1200)).Next();
        Assert.Equal((Given.Usd(1200), Given.Usd(1000)), (repriced.Lines[0].UnitPrice, repriced.Lines[0].PreviousUnitPrice!.Value));

        repriced.Reprice(Prices(1200)).StaysAs(repriced);
        Assert.Null(repriced.SetItem("MUG", "The MUG", 2, Given.Usd(1200)).Next().Lines[0].PreviousUnitPrice);
    }

    [Fact]
    public void a_line_without_a_known_price_keeps_its_own()
    {
        var cart = Set(Empty, "SPOON", 1);

        cart.Reprice(Prices(1200)).StaysAs(cart);
    }

    [Fact]
    public void a_guests_lines_are_added_once()
    {
        var cart = Set(Empty, "MUG", 2);
        ImmutableArray<CartLine> guest = [Given.Line("MUG", 3, 900), Given.Line("SPOON", 1)];

        var merged = cart.Merge(Given.Id(1), guest).Next();

        Assert.Equal([Given.Line("MUG", 5), Given.Line("SPOON", 1)], merged.Lines);
        merged.Merge(Given.Id(1), guest).StaysAs(merged);
        Assert.Equal(8, merged.Merge(Given.Id(2), guest).Next().Lines[0].Quantity);
    }

    [Fact]
    public void merging_keeps_to_the_limits()
    {
        var merged = Full().Merge(Given.Id(1), [Given.Line("MUG"), Given.Line("SKU-0", CartLine.MaxQuantity)]).Next();

        Assert.Equal(Cart.MaxLines, merged.Lines.Length);
        Assert.Equal(CartLine.MaxQuantity, merged.Lines[0].Quantity);
        Assert.DoesNotContain(merged.Lines, l => l.Sku == "MUG");
    }

    [Fact]
    public void only_the_ordered_units_leave_and_only_once()
    {
        var cart = Set(Set(Set(Empty, "MUG", 5), "SPOON", 1), "PLATE", 1);
        ImmutableArray<CartLine> ordered = [Given.Line("MUG", 2), Given.Line("SPOON", 1), Given.Line("GONE", 1)];

        var rest = cart.Order(Given.OrderId, Given.Now, ordered).Next();

        Assert.Equal([Given.Line("MUG", 3), Given.Line("PLATE", 1)], rest.Lines);
        rest.Order(Given.OrderId, Given.Now, ordered).StaysAs(rest);
    }

    [Fact]
    public void fewer_units_than_were_ordered_leave_none() =>
        Assert.Empty(Set(Empty, "MUG", 1).Order(Given.OrderId, Given.Now, [Given.Line("MUG", 2)]).Next().Lines);

    [Fact]
    public void what_is_remembered_is_bounded_and_the_newest_of_it()
    {
        var cart = Enumerable.Range(0, 30).Aggregate(Empty, (c, i) =>
            c.Order(Given.Id(i), Given.Now.AddMinutes(i), []).Next().Merge(Given.Id(i), []).Next());

        Assert.Equal(Enumerable.Range(10, 20).Select(Given.Id), cart.Ordered.Select(o => o.OrderId));
        Assert.Equal(Enumerable.Range(10, 20).Select(Given.Id), cart.Merged);
    }

    [Fact]
    public void an_order_too_old_to_be_remembered_takes_nothing_a_second_time()
    {
        var first = Set(Empty, "MUG", 1).Order(Given.OrderId, Given.Now, [Given.Line("MUG")]).Next();
        var later = Enumerable.Range(1, 30).Aggregate(first, (c, i) => c.Order(Given.Id(i), Given.Now.AddMinutes(i), []).Next());
        var filled = Set(later, "MUG", 3);

        filled.Order(Given.OrderId, Given.Now, [Given.Line("MUG")]).StaysAs(filled);
    }

    [Fact]
    public void lines_that_were_handed_over_are_handed_over_once()
    {
        var guest = Set(CartState.Empty(isGuest: true), "MUG", 2).Transfer(Given.Customer, [], Given.Now).Next();

        Assert.Empty(guest.ForgetTransfer(Given.Customer).Next().Lines);
        guest.ForgetTransfer(Given.Id(7)).StaysAs(guest);
    }

    [Fact]
    public void clearing_an_empty_cart_changes_nothing()
    {
        var cleared = Set(Empty, "MUG", 1).Clear().Next();

        Assert.Empty(cleared.Lines);
        cleared.Clear().StaysAs(cleared);
    }

    [Fact]
    public void a_guests_cart_is_handed_to_one_customer()
    {
        var handed = CartState.Empty(isGuest: true).Transfer(Given.Customer, [], Given.Now).Next();

        handed.Transfer(Given.Customer, [], Given.Now).StaysAs(handed);
        handed.Transfer(Given.Id(99), [], Given.Now).IsRefused(ErrorCode.NotFound);
        Empty.Transfer(Given.Customer, [], Given.Now).IsRefused(ErrorCode.NotFound);
    }

    [Fact]
    public void orders_that_are_not_at_their_end_go_along_and_so_do_those_placed_lately()
    {
        var guest = CartState.Empty(isGuest: true)
            .Order(Given.Id(1), Given.Now.AddHours(-2), []).Next().Order(Given.Id(2), Given.Now.AddMinutes(-5), []).Next();

        var handed = guest.Transfer(Given.Customer, [Given.Id(3)], Given.Now - Given.PaymentWindow).Next();

        Assert.Equal([new MovedOrder(Given.Id(3), true), new MovedOrder(Given.Id(2), false)], handed.MovedOrders);
    }

    [Fact]
    public void what_an_order_buys_that_goes_along_leaves_the_cart_that_it_went_to()
    {
        var guest = Set(CartState.Empty(isGuest: true), "MUG", 2).Transfer(Given.Customer, [Given.OrderId], Given.Now).Next();
        var customer = Set(Empty, "MUG", 1).Merge(Given.Id(9), guest.Lines).Next();

        var bought = customer.OrderMoved(Given.Id(9), Given.OrderId, Given.Now, guest.Lines).Next();

        Assert.Equal([Given.Line("MUG", 1)], bought.Lines);
        bought.OrderMoved(Given.Id(9), Given.OrderId, Given.Now, guest.Lines).StaysAs(bought);
        // The guest's cart knows the order, and hands over the same lines when it is asked again.
        var told = guest.Order(Given.OrderId, Given.Now, guest.Lines).Next();
        Assert.Equal(guest.Lines, told.Lines);
        Assert.Equal(Given.OrderId, told.Ordered.Single().OrderId);
    }

    [Fact]
    public void what_was_bought_before_the_guests_cart_is_merged_does_not_come_with_it()
    {
        ImmutableArray<CartLine> lines = [Given.Line("MUG", 3), Given.Line("SPOON", 1)];
        var customer = Set(Empty, "MUG", 1).OrderMoved(Given.Id(9), Given.OrderId, Given.Now, [Given.Line("MUG", 2)]).Next();
        Assert.Equal([Given.Line("MUG", 1)], customer.Lines);

        var merged = customer.Merge(Given.Id(9), lines).Next();

        Assert.Equal([Given.Line("MUG", 2), Given.Line("SPOON", 1)], merged.Lines);
        Assert.Empty(merged.EarlyPurchases);
    }

    [Fact]
    public void a_choice_replaces_the_one_before_and_none_is_not_stored()
    {
        var german = Empty.Choose(new CartChoices { Destination = new("DE"), Currency = "EUR" }).Next();

        german.Choose(new CartChoices { Destination = new("DE"), Currency = "EUR" }).StaysAs(german);
        Assert.Equal("FR", german.Choose(german.Choices! with { Destination = new("FR") }).Next().Choices!.Destination!.Country);
        Assert.Null(german.Choose(CartChoices.None).Next().Choices);
        Empty.Choose(CartChoices.None).StaysAs(Empty);
    }

    [Fact]
    public void a_code_is_entered_once_in_whatever_spelling_and_ten_fit()
    {
        var one = Empty.AddCode(" ｓａｖｅ10 ").Next();
        Assert.Equal(["SAVE10"], one.Choices!.Codes);
        one.AddCode("Save10").StaysAs(one);

        var full = Enumerable.Range(0, PricingLimits.MaxCodes).Aggregate(Empty, (c, i) => c.AddCode($"CODE{i}").Next());
        full.AddCode("ANOTHER").IsRefused(ErrorCode.Conflict);
        full.AddCode("code3").StaysAs(full);
        Assert.Equal(["CODE0", "CODE2"], full.RemoveCode("code1").Next().Choices!.Codes.Take(2));
        Assert.Null(one.RemoveCode("save10").Next().Choices);
        one.RemoveCode("OTHER").StaysAs(one);
    }

    [Fact]
    public void an_order_uses_the_codes_up_and_leaves_the_other_choices()
    {
        var cart = Set(Empty, "MUG", 1).AddCode("SAVE10").Next();
        cart = cart.Choose(cart.Choices! with { Destination = new("DE"), ShippingMethod = "post", Currency = "EUR" }).Next();

        var rest = cart.Order(Given.OrderId, Given.Now, cart.Lines).Next();

        Assert.Equal(new CartChoices { Destination = new("DE"), ShippingMethod = "post", Currency = "EUR" }, rest.Choices);
    }

    [Fact]
    public void a_guests_choices_are_the_newer_ones_and_codes_are_added_up_to_the_limit()
    {
        var mine = Empty.AddCode("MINE").Next().AddCode("BOTH").Next();
        mine = mine.Choose(mine.Choices! with { Destination = new("DE"), ShippingMethod = "post" }).Next();
        var guests = new CartChoices { Destination = new("FR"), Currency = "EUR", Codes = ["BOTH", "GUESTS"] };

        var merged = mine.Merge(Given.Id(9), [], guests).Next();

        Assert.Equal(
            new CartChoices { Destination = new("FR"), ShippingMethod = "post", Currency = "EUR", Codes = ["MINE", "BOTH", "GUESTS"] },
            merged.Choices);
        merged.Merge(Given.Id(9), [], guests with { Currency = "USD" }).StaysAs(merged);
        Assert.Equal(mine.Choices, mine.Merge(Given.Id(9), [Given.Line("MUG")]).Next().Choices);
        var many = guests with { Codes = [.. Enumerable.Range(0, PricingLimits.MaxCodes).Select(i => $"CODE{i}")] };
        Assert.Equal(PricingLimits.MaxCodes, mine.Merge(Given.Id(9), [], many).Next().Choices!.Codes.Length);
    }

    [Fact]
    public void an_order_that_came_along_uses_up_the_codes_that_came_with_it_and_not_the_customers_own()
    {
        var customer = Empty.AddCode("MINE").Next().AddCode("BOTH").Next();
        var merged = customer.Merge(Given.Id(9), [Given.Line("MUG")], new CartChoices { Codes = ["BOTH", "GUESTS"] }).Next();

        var bought = merged.OrderMoved(Given.Id(9), Given.OrderId, Given.Now, [Given.Line("MUG")]).Next();
        Assert.Equal(["MINE", "BOTH"], bought.Choices!.Codes);
        // So it is when the order is bought before the cart is merged, whose codes are gone by then.
        var early = customer.OrderMoved(Given.Id(9), Given.OrderId, Given.Now, [Given.Line("MUG")]).Next();
        Assert.Equal(["MINE", "BOTH"], early.Choices!.Codes);
        // The next order of this cart uses all of its codes.
        Assert.Null(bought.Order(Given.Id(3), Given.Now.AddMinutes(1), []).Next().Choices?.Codes.FirstOrDefault());
    }

    [Fact]
    public void an_order_of_which_nobody_knows_how_long_it_took_goes_on_with_a_cart_that_nobody_bought()
    {
        var cart = Set(Empty, "MUG", 2);

        Assert.Null(cart.CheckCanResume(Given.OrderId, Given.Now, Mugs(2)));
        // It may have been bought itself, and its lines be gone.
        var bought = cart.Order(Given.OrderId, Given.Now, cart.Lines).Next();
        Assert.Null(bought.CheckCanResume(Given.OrderId, Given.Now, Mugs(2)));
        // What its holder takes out is no other order's.
        Assert.Null(Empty.CheckCanResume(Given.OrderId, Given.Now, Mugs(2)));
    }

    [Fact]
    public void it_does_not_go_on_when_a_newer_one_was_bought_though_the_cart_was_filled_again()
    {
        var cart = Set(Set(Empty, "MUG", 2).Order(Given.Id(9), Given.Now.AddSeconds(1), [Given.Line("MUG", 2)]).Next(), "MUG", 2);

        Assert.Equal(Given.Id(9), cart.CheckCanResume(Given.OrderId, Given.Now, Mugs(2))?.OrderId);
        Assert.Null(cart.CheckCanResume(Given.OrderId, Given.Now.AddSeconds(2), Mugs(2)));
    }

    [Fact]
    public void it_does_not_go_on_when_an_order_of_whatever_time_took_its_lines()
    {
        var cart = Set(Empty, "MUG", 2).Order(Given.Id(9), Given.Now.AddHours(-1), [Given.Line("MUG", 1)]).Next();

        Assert.Equal(Given.Id(9), cart.CheckCanResume(Given.OrderId, Given.Now, Mugs(2))?.OrderId);
        Assert.Null(cart.CheckCanResume(Given.OrderId, Given.Now, Mugs(1)));
    }

    [Fact]
    public void it_does_not_go_on_when_so_many_were_bought_since_that_they_are_not_remembered()
    {
        var cart = Enumerable.Range(10, 25).Aggregate(Set(Empty, "MUG", 2), (c, i) =>
            c.Order(Given.Id(i), Given.Now.AddMinutes(i), []).Next());

        Assert.NotNull(cart.CheckCanResume(Given.OrderId, Given.Now, Mugs(2)));
    }

    [Fact]
    public void it_goes_to_an_account_with_its_cart_or_not_at_all()
    {
        var guest = Set(CartState.Empty(isGuest: true), "MUG", 2);

        Assert.NotNull(guest.Transfer(Given.Customer, [], Given.Now).Next().CheckCanResume(Given.OrderId, Given.Now, Mugs(2)));
        var moved = guest.Transfer(Given.Customer, [Given.OrderId], Given.Now).Next().ForgetTransfer(Given.Customer).Next();
        Assert.Null(moved.CheckCanResume(Given.OrderId, Given.Now, Mugs(2)));
        Assert.NotNull(CartState.Gone.CheckCanResume(Given.OrderId, Given.Now, Mugs(2)));
    }

    private static ImmutableArray<LineUnits> Mugs(int units) => [new LineUnits("MUG", units)];

    private static CartState Set(CartState cart, string sku, int quantity) =>
        cart.SetItem(sku, $"The {sku}", quantity, Given.Usd(1000)).Next();

    private static CartState Full() => Enumerable.Range(0, Cart.MaxLines).Aggregate(Empty, (c, i) => Set(c, $"SKU-{i}", 1));

    private static Dictionary<string, Money> Prices(long mug) => new() { ["MUG"] = Given.Usd(mug) };
}
