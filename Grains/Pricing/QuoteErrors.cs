using SoonShop.Carts;

namespace SoonShop.Pricing;

/// <summary>The errors of an order whose prices do not let it be placed.</summary>
internal static class QuoteErrors
{
    /// <summary>
    /// Returns the error of a quote that no order can be placed at: a line cannot be bought, no shipping method fits, or a code of the cart
    /// does not apply any more. A buyer who entered a code must not pay more without being told. Null when an order can be placed.
    /// </summary>
    public static Error? Check(Quote quote)
    {
        if (quote.CanBeOrdered && quote.RefusedCodes.IsEmpty)
            return null;
        var errors = new Dictionary<string, ErrorText[]>();
        foreach (var group in quote.Problems.GroupBy(p => p.Line is { } line ? quote.Lines[line].Sku : "cart"))
            errors[group.Key] = [.. group.Select(p => p.Text)];
        foreach (var code in quote.RefusedCodes)
            errors[$"codes[{code.Code}]"] = [code.Reason];
        return Error.Of(
            ErrorCode.Conflict, "error.cart-prices", "The cart cannot be ordered as it is; see errors and quote.").WithFields(errors);
    }

    /// <summary>
    /// Returns the error for a total that differs from what the buyer was shown; null when it is equal, or when any will do.
    /// </summary>
    public static Error? CheckTotal(Quote quote, Money? expected)
    {
        var total = new Money(quote.Total, quote.Currency);
        return expected is not { } other || total == other ? null : Error.Of(
            ErrorCode.Conflict, "error.another-total", $"The order now costs {total}, not {other}; see quote.");
    }

    /// <summary>
    /// Returns the error of an order whose unit prices are not those that the cart has shown; null when they are. The first lines of the
    /// quote are those of the cart.
    /// </summary>
    public static Error? CheckUnitPrices(Quote quote, ImmutableArray<CartLine> lines)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        foreach (var (line, quoted) in lines.Zip(quote.Lines))
        {
            if (quoted.UnitPrice is { } minor && new Money(minor, quote.Currency) is var price && price != line.UnitPrice)
                errors[line.Sku] = [PriceChanged(price, line.UnitPrice)];
        }
        return errors.Count == 0 ? null : CartChanged(errors);
    }

    /// <summary>Returns the error of a cart that is not what it was when it was shown.</summary>
    /// <param name="errors">What has changed, by SKU.</param>
    public static Error CartChanged(IReadOnlyDictionary<string, ErrorText[]> errors) => Error.Of(
        ErrorCode.Conflict, "error.cart-changed", "The cart has changed since it was shown; see errors. Read the cart again.")
        .WithFields(errors);

    /// <summary>Returns the text for a line whose price has changed since it was shown.</summary>
    public static ErrorText PriceChanged(Money price, Money shown) =>
        ErrorText.Of("cart.price", $"now costs {price}, not {shown}; read the cart again");

    /// <summary>
    /// Returns the error for a total that is higher than a cart shows to a buyer whose earlier purchases it does not know. Null when the
    /// cart shows this total.
    /// </summary>
    public static Error? CheckShown(Quote quote, long? shown)
    {
        if (shown is not { } minor)
            return null;
        Money total = new(quote.Total, quote.Currency), other = new(minor, quote.Currency);
        return Error.Of(
            ErrorCode.Conflict, "error.promotion-used-before",
            $"The order costs {total}, not {other}: you have used a promotion of the cart before. To order, send {total.Amount} as "
                + $"expectedTotal.");
    }
}
