using Microsoft.Extensions.Configuration;
using SoonShop.Addresses;
using SoonShop.Orders;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Rules;

public sealed class DestinationsTests
{
    [Fact]
    public void a_country_without_a_tax_is_refused_unless_the_rest_of_the_world_has_one()
    {
        var options = new CheckoutOptions { TaxBasisPointsByCountry = { ["DE"] = 1900 } };
        var error = Destinations.Check(Given.Address, null, Given.Rules(options)).Error!;
        Assert.Equal(["is GB, where this shop does not deliver"], error.Errors!["shippingAddress.country"]);
        Assert.Equal(
            "DE",
            Destinations.Check(Given.Address with { Country = "DE", PostalCode = "10115" }, null, Given.Rules(options)).Value!.Country);

        options.TaxBasisPointsRestOfWorld = 0;
        Assert.Equal(Given.Address, Destinations.Check(Given.Address, null, Given.Rules(options)).Value);
        Assert.Equal((1900, 0), (options.TaxBasisPointsFor("DE"), options.TaxBasisPointsFor("GB")));
    }

    [Fact]
    public void a_known_destination_is_checked_by_its_form_alone()
    {
        var rules = Given.Rules(new CheckoutOptions { TaxBasisPointsByCountry = { ["DE"] = 1900 } });
        var known = Destinations.OfStored(Given.Address);
        Assert.Equal("1 Main St", Destinations.Check(Given.Address with { Line1 = "1 Main St" }, null, rules, known).Value!.Line1);
        Assert.NotEmpty(
            Destinations.Check(Given.Address with { PostalCode = "x" }, null, rules, known).Error!.Errors!["shippingAddress.postalCode"]);
        Assert.NotEmpty(
            Destinations.Check(Given.Address with { PostalCode = "SW1Y 4LF" }, null, rules, known).Error!
                .Errors!["shippingAddress.country"]);
    }

    [Fact]
    public void the_destination_of_a_stored_address_is_in_its_countrys_form_if_it_has_one()
    {
        Assert.Equal("SW1Y 4LE", Destinations.OfStored(Given.Address with { PostalCode = " sw1y4le" }).PostalCode);
        Assert.Equal("UK", Destinations.OfStored(Given.Address with { Country = "UK" }).Country);
    }

    [Fact]
    public void the_rest_of_the_world_pays_its_tax()
    {
        var options =
            new CheckoutOptions { Shipping = new(), TaxBasisPointsByCountry = { ["DE"] = 1900 }, TaxBasisPointsRestOfWorld = 500 };
        Assert.Equal(190, Given.Totals([Given.Line(price: 1000)], "DE", options).Tax);
        Assert.Equal(50, Given.Totals([Given.Line(price: 1000)], "GB", options).Tax);
    }

    [Fact]
    public void a_saved_address_from_before_a_rule_is_refused_by_its_name()
    {
        var options = new CheckoutOptions { TaxBasisPointsRestOfWorld = 0 };
        var error = Destinations.Check(Given.Address with { Country = "UK" }, Given.Id(7), Given.Rules(options)).Error!;
        Assert.Equal(ErrorCode.ValidationFailed, error.Code);
        Assert.Equal([$"names the saved address {Given.Id(7)}, whose country {AddressRules.NoCountry}"], error.Errors!["addressId"]);
        var american = Given.Address with { Country = "US", Region = null, PostalCode = "x" };
        Assert.Equal(2, Destinations.Check(american, Given.Id(7), Given.Rules(options)).Error!.Errors!["addressId"].Length);
    }

    [Fact]
    public void a_checkout_that_is_configured_for_no_country_names_each()
    {
        var problems = new CheckoutOptions
        {
            ShippingByCountry = { ["UK"] = new ShippingRate(), ["DE"] = new ShippingRate() },
            TaxBasisPointsByCountry = { ["EU"] = 2000, ["de"] = 1900, ["XK"] = 1800, ["FR"] = 2000 },
            TaxBasisPointsRestOfWorld = 10_001,
        }.Problems().ToArray();

        Assert.Equal(5, problems.Length);
        string[] places =
        [
            "ShippingByCountry:UK", "TaxBasisPointsByCountry:EU", "TaxBasisPointsByCountry:de", "TaxBasisPointsByCountry:XK",
            "TaxBasisPointsRestOfWorld",
        ];
        Assert.All(places, place => Assert.Single(problems, p => p.StartsWith($"Checkout:{place} ", StringComparison.Ordinal)));
    }

    [Fact]
    public void what_is_shipped_sells_to_the_countries_that_it_names_and_development_to_all()
    {
        CheckoutOptions Shipped(params string[] files) => files.Aggregate(
            new ConfigurationBuilder(), (all, file) => (ConfigurationBuilder)all.AddJsonFile(Path.Combine(Repository.Root, "Silo", file)))
            .Build().GetSection(CheckoutOptions.Section).Get<CheckoutOptions>()!;

        var production = Shipped("appsettings.json");
        Assert.Empty(production.Problems());
        Assert.Equal(
            (0, 1900, 2000, 810), (
                production.TaxBasisPointsFor("US"), production.TaxBasisPointsFor("DE"), production.TaxBasisPointsFor("GB"),
                production.TaxBasisPointsFor("CH")));
        foreach (var country in (string[])["NO", "CA", "AU", "JP"])
            Assert.Null(production.TaxBasisPointsFor(country));
        // Wherever an order has a price for delivery of its own, it has a tax.
        Assert.All(production.ShippingByCountry.Keys, country => Assert.NotNull(production.TaxBasisPointsFor(country)));
        Assert.Equal(0, Shipped("appsettings.json", "appsettings.Development.json").TaxBasisPointsFor("NO"));
    }

    [Fact]
    public void a_checkout_that_sells_nowhere_says_so() =>
        Assert.Contains("Checkout__TaxBasisPointsRestOfWorld", Assert.Single(new CheckoutOptions().Problems()), StringComparison.Ordinal);
}
