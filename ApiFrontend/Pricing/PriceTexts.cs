using SoonShop.ApiFrontend.Localization;
using SoonShop.Orders;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>Translates the reasons and the names of promotions in prices into the client's preferred language.</summary>
internal static class PriceTexts
{
    /// <summary>Returns the prices with translated texts, and names the language in the response's headers.</summary>
    /// <returns>The same prices when no text of theirs depends on the language.</returns>
    public static PriceSummary Translate(this PriceSummary prices, HttpContext context) =>
        prices.DependsOnLanguage() ? prices.Translate(context.ResponseLanguage()) : prices;

    /// <summary>Returns an order as its buyer sees it.</summary>
    public static Order Translate(this Order order, HttpContext context) =>
        order.Prices is { } prices && prices.DependsOnLanguage() ? order with { Prices = prices.Translate(context) } : order;

    /// <summary>Returns orders as their buyer sees them.</summary>
    public static Page<Order> Translate(this Page<Order> orders, HttpContext context)
    {
        if (!orders.Items.Any(o => o.Prices is { } prices && prices.DependsOnLanguage()))
            return orders;
        var language = context.ResponseLanguage();
        return orders with { Items = [.. orders.Items.Select(o => o with { Prices = o.Prices?.Translate(language) })] };
    }

    /// <summary>Returns the order, or the error, as the buyer sees it.</summary>
    public static Result<Order> Translate(this Result<Order> order, HttpContext context) =>
        order.IsError ? order : order.Value.Translate(context);

    /// <summary>Returns the prices with the texts in a language.</summary>
    public static PriceSummary Translate(this PriceSummary prices, Messages language) => prices with
    {
        Promotions = [.. prices.Promotions.Select(p => p with { Name = NameOf(p, language) })],
        RefusedCodes = [.. prices.RefusedCodes.Select(c => c.Text is { } text ? c with { Reason = language.Text(text) } : c)],
        Problems = [.. prices.Problems.Select(p => p.Text is { } text ? p with { Reason = language.Text(text) } : p)],
    };

    /// <summary>Returns the language of texts in a response, and names it in the response's headers.</summary>
    public static Messages ResponseLanguage(this HttpContext context)
    {
        var language = Messages.For(context.Request);
        context.Response.Headers.ContentLanguage = language.Language;
        context.Response.Headers.AppendCommaSeparatedValues("Vary", "Accept-Language");
        return language;
    }

    private static bool DependsOnLanguage(this PriceSummary prices) =>
        !prices.RefusedCodes.IsEmpty || !prices.Problems.IsEmpty || prices.Promotions.Any(p => p.Texts is not null);

    private static string NameOf(PromotionDiscount promotion, Messages language) =>
        promotion.Texts?.GetValueOrDefault(language.Language) ?? promotion.Name;
}
