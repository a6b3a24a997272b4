using SoonShop.ApiFrontend.Localization;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>Translates the reasons in prices into the client's preferred language.</summary>
internal static class PriceTexts
{
    /// <summary>Returns the prices with translated reasons; the same prices when they have none.</summary>
    public static PriceSummary Translate(this PriceSummary prices, HttpContext context)
    {
        if (prices.RefusedCodes.IsEmpty && prices.Problems.IsEmpty)
            return prices;
        var language = context.ResponseLanguage();
        return prices with
        {
            RefusedCodes = [.. prices.RefusedCodes.Select(c => c.Text is { } text ? c with { Reason = language.Text(text) } : c)],
            Problems = [.. prices.Problems.Select(p => p.Text is { } text ? p with { Reason = language.Text(text) } : p)],
        };
    }

    /// <summary>Returns the language of texts in a response, and names it in the response's headers.</summary>
    public static Messages ResponseLanguage(this HttpContext context)
    {
        var language = Messages.For(context.Request);
        context.Response.Headers.ContentLanguage = language.Language;
        context.Response.Headers.AppendCommaSeparatedValues("Vary", "Accept-Language");
        return language;
    }
}
