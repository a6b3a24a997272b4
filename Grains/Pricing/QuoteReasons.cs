namespace SoonShop.Pricing;

/// <summary>The texts about prices, shipping and taxes. Their keys are codes for clients.</summary>
internal static class QuoteReasons
{
    public static readonly ErrorText NeedsDestination = ErrorText.Of("quote.needs-destination", "Enter the country of delivery.");

    public static readonly ErrorText NeedsMethod = ErrorText.Of("quote.needs-method", "Choose a shipping method.");

    public static readonly ErrorText UnknownMethod = ErrorText.Of(
        "quote.unknown-method", "This shipping method does not exist. Choose another one.");

    public static readonly ErrorText MethodOtherGroup = ErrorText.Of(
        "quote.method-group", "This shipping method is only for certain customers. Choose another one.");

    public static readonly ErrorText MethodOtherDestination = ErrorText.Of(
        "quote.method-destination", "This shipping method is not for this destination. Choose another one.");

    public static readonly ErrorText NoTierOfWeight = ErrorText.Of(
        "quote.weight-tier", "This shipping method is not for orders of this weight. Choose another one.");

    public static readonly ErrorText NoTierOfValue = ErrorText.Of(
        "quote.value-tier", "This shipping method is not for orders of this value. Choose another one.");

    public static readonly ErrorText TooLarge = ErrorText.Of("quote.too-large", "The total is too large. Order less at a time.");

    public static readonly ErrorText SwitchedOff = ErrorText.Of("rule.switched-off", "It is switched off.");

    public static readonly ErrorText OtherGroup = ErrorText.Of("rule.group", "The buyer is in none of its customer groups.");

    public static readonly ErrorText NoPriceInList = ErrorText.Of(
        "rule.no-price", "It has no price that fits a product in the cart, or another list comes first.");

    public static readonly ErrorText NotChosen = ErrorText.Of("rule.not-chosen", "It is not chosen.");

    public static readonly ErrorText OtherZone = ErrorText.Of("rule.zone", "The destination is in another zone, or not known.");

    public static readonly ErrorText NothingTaxed = ErrorText.Of("rule.nothing-taxed", "Nothing in the cart has its tax category.");

    public static readonly ErrorText BuyerExempt = ErrorText.Of("rule.exempt", "The buyer is exempt from taxes.");

    public static ErrorText NoPrice(string sku, string currency) => ErrorText.Of(
        "quote.no-price", $"{sku} has no price in {currency}, so it cannot be bought in this currency.");

    public static ErrorText NoCountry(string country) => ErrorText.Of("quote.no-country", $"{country} is not a country of ISO 3166-1.");

    public static ErrorText NoTaxZone(string country) => ErrorText.Of(
        "quote.no-tax-zone", $"This shop does not sell to this place in {country}.");

    public static ErrorText NoTaxRate(string what) => ErrorText.Of(
        "quote.no-tax-rate", $"{what} cannot be sold to this destination: the shop has no tax rate for it there.");

    public static ErrorText NoDelivery(string country) => ErrorText.Of(
        "quote.no-delivery", $"This shop does not deliver to this place in {country}.");

    public static ErrorText MethodCurrency(string currency) => ErrorText.Of(
        "quote.method-currency", $"This shipping method has no price in {currency}. Choose another one.");

    public static ErrorText TooLight(long grams) => ErrorText.Of(
        "quote.too-light", $"This shipping method is for orders of at least {grams} g. Choose another one.");

    public static ErrorText TooHeavy(long grams) => ErrorText.Of(
        "quote.too-heavy", $"This shipping method is for orders of at most {grams} g. Choose another one.");

    public static ErrorText SizeClass(string size) => ErrorText.Of(
        "quote.size-class", $"This shipping method does not carry products of the size class {size}. Choose another one.");

    public static ErrorText NotYet(DateTimeOffset from) => ErrorText.Of("rule.not-yet", $"It begins at {from:u}.");

    public static ErrorText Ended(DateTimeOffset to) => ErrorText.Of("rule.ended", $"It ended at {to:u}.");
}
