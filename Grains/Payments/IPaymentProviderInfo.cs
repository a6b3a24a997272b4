namespace SoonShop.Payments;

/// <summary>What the shop knows of the payment provider in use, besides its ports.</summary>
public interface IPaymentProviderInfo
{
    /// <summary>The value of <c>Payments:Provider</c>. In lower case, the last part of the address of its webhooks.</summary>
    string Name { get; }

    /// <summary>
    /// Returns what to tell a customer whose payment was declined with a code of the provider's own. Null for Stripe's codes, which the
    /// shop knows, and for codes of whose reason the customer must not learn, such as a stolen card: both get the shop's texts.
    /// </summary>
    DeclineText? TextOf(string declineCode) => null;
}

/// <summary>What to tell a customer whose payment was declined.</summary>
public sealed record DeclineText
{
    private DeclineText() { }

    /// <summary>Stripe's decline code with the same meaning, for which the shop has a text.</summary>
    public string? SameAs { get; private init; }

    /// <summary>The English text; null when <see cref="SameAs"/> names one.</summary>
    public string? English { get; private init; }

    /// <summary>The text in other languages.</summary>
    public ImmutableArray<Translation> Translations { get; private init; } = [];

    /// <summary>The text that the shop has for a decline code of Stripe's, such as <c>insufficient_funds</c>.</summary>
    public static DeclineText Like(string stripeCode) => new() { SameAs = stripeCode };

    /// <summary>A text that says why, and what to do.</summary>
    /// <param name="english">One or two sentences.</param>
    /// <param name="translations">The same in each other language of the front end.</param>
    public static DeclineText Of(string english, params (string Language, string Text)[] translations) =>
        new() { English = english, Translations = [.. translations.Select(t => new Translation(t.Language, english, t.Text))] };
}
