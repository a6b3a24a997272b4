using CsCheck;
using SoonShop.Addresses;
using SoonShop.Users;

namespace SoonShop.Tests.Rules;

public sealed class AddressRulesTests
{
    private static readonly Gen<(AddressFormat Format, string Example)> Examples =
        OneOf([.. AddressFormat.All.Select(c => AddressFormat.Of(c)!).SelectMany(f => f.PostalCodeExamples.Select(e => (f, e)))]);

    [Fact]
    public void the_countries_are_those_of_iso_3166()
    {
        Assert.Equal(249, AddressFormat.All.Count);
        Assert.All(AddressFormat.All, code => Assert.True(Country.IsCode(code)));
        Assert.All((string[])["US", "GB", "HK", "TW", "PS", "SS", "BQ", "AX", "GR"], code => Assert.True(Country.IsCode(code)));
    }

    [Theory]
    [InlineData("UK")]
    [InlineData("EL")]
    [InlineData("EU")]
    [InlineData("ZZ")]
    [InlineData("AA")]
    [InlineData("XK")]
    [InlineData("AN")]
    [InlineData("SU")]
    [InlineData("AC")]
    public void reserved_former_and_user_assigned_codes_are_no_countries(string code)
    {
        Assert.False(Country.IsCode(code));
        Assert.Equal([AddressRules.NoCountry.English], Errors(Given.Address with { Country = code })["country"]);
    }

    [Theory]
    [InlineData("us")]
    [InlineData("USA")]
    [InlineData("840")]
    [InlineData("ＵＳ")]
    [InlineData("U")]
    [InlineData("")]
    public void what_has_not_the_form_of_a_code_is_told_the_form(string code) =>
        Assert.Equal([AddressRules.NoCountryCode.English], Errors(Given.Address with { Country = code })["country"]);

    [Fact]
    public void marks_that_were_pasted_along_are_taken_out_of_every_part()
    {
        var clean = new Address("Ada", "1 Main Street", "Flat 2", "Springfield", "IL", "62701", "US", "+1 217 555 0100");
        static string Marked(string text) => $"\u202A{text[0]}\u200B{text[1..]}\u202C\uFEFF";
        var pasted = new Address(
            Marked(clean.Name), Marked(clean.Line1), Marked(clean.Line2!), Marked(clean.City), Marked(clean.Region!),
            Marked(clean.PostalCode), "US", Marked(clean.Phone!));

        var (usable, errors) = AddressRules.Check(pasted);

        Assert.Empty(errors);
        Assert.Equal(clean, usable);
    }

    [Fact]
    public void every_country_has_an_address_that_stays_as_it_is_written() => Assert.All(AddressFormat.All, country =>
    {
        var format = AddressFormat.Of(country)!;
        var region = format.RequiresRegion ? format.Regions.FirstOrDefault() ?? "Region" : null;
        var postalCode = format.RequiresPostalCode ? format.PostalCodeExamples[0] : "";
        var address = new Address("Ada", "1 Main Street", null, format.RequiresCity ? "Town" : "", region, postalCode, country, null);

        var (usable, errors) = AddressRules.Check(address);

        Assert.Empty(errors);
        Assert.Equal(address, usable);
    });

    [Fact]
    public void every_part_that_a_country_requires_is_missed_by_name() => Assert.All(AddressFormat.All, country =>
    {
        var format = AddressFormat.Of(country)!;
        (string Name, bool IsRequired)[] parts =
            [("city", format.RequiresCity), ("region", format.RequiresRegion), ("postalCode", format.RequiresPostalCode)];

        var errors = Errors(new Address("Ada", "1 Main Street", null, " ", " ", "", country, null));

        Assert.Equal(parts.Where(p => p.IsRequired).Select(p => p.Name), errors.Keys);
        Assert.All(errors.Values, message => Assert.Equal([$"is required for an address in {country}"], message));
    });

    [Fact]
    public void every_example_of_a_postal_code_has_the_form_of_its_country_and_stays_in_it() => Assert.All(
        AddressFormat.All.Select(c => AddressFormat.Of(c)!), format =>
            Assert.All(format.PostalCodeExamples, e => Assert.Equal(e, format.PostalCodeOf(e))));

    [Fact]
    public void a_postal_code_is_found_in_any_case_width_and_spacing() =>
        Gen.Select(Examples, Gen.Bool, Gen.Bool, Gen.Bool, OneOf([" ", "  ", "\u3000", "\t"])).Sample((x, lower, wide, tight, space) =>
    {
        var typed = tight ? string.Concat(x.Example.Where(char.IsLetterOrDigit)) : x.Example;
        typed = lower ? typed.ToLowerInvariant() : typed;
        typed = wide ? string.Concat(typed.Select(c => c is > ' ' and <= '~' ? (char)(c - '!' + '！') : c)) : typed;
        Assert.Equal(x.Example, x.Format.PostalCodeOf($"{space}{typed}{space}"));
    });

    [Fact]
    public void a_postal_code_with_something_before_or_behind_it_or_of_other_signs_is_none() =>
        Gen.Select(Examples, OneOf([
            "?", "/", "é", "中", "\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661", "<b>", "💌"]))
            .Sample((x, other) =>
        {
            Assert.Null(x.Format.PostalCodeOf(x.Example + other));
            Assert.Null(x.Format.PostalCodeOf(other + x.Example));
            Assert.Null(x.Format.PostalCodeOf(other));
        });

    [Fact]
    public void a_postal_code_of_any_text_is_settled_at_once_and_stays() => Gen.Select(Examples, Gen.String[0, 40]).Sample((x, text) =>
    {
        if (x.Format.PostalCodeOf(text) is { } written)
            Assert.Equal(written, x.Format.PostalCodeOf(written));
    });

    [Theory]
    [InlineData("US", "94105", "94105")]
    [InlineData("US", "941051234", "94105-1234")]
    [InlineData("US", "94105 1234", "94105-1234")]
    [InlineData("US", "٩٤١٠٥", "94105")]
    [InlineData("GB", "sw1y4jh", "SW1Y 4JH")]
    [InlineData("GB", " SW1Y  4JH ", "SW1Y 4JH")]
    [InlineData("GB", "ＳＷ１Ｙ　４ＪＨ", "SW1Y 4JH")]
    [InlineData("CA", "k1a0b1", "K1A 0B1")]
    [InlineData("NL", "1234ab", "1234 AB")]
    [InlineData("CZ", "10000", "100 00")]
    [InlineData("SE", "SE-114 55", "11455")]
    [InlineData("PL", "00950", "00-950")]
    [InlineData("PT", "1000205", "1000-205")]
    [InlineData("BR", "01310100", "01310-100")]
    [InlineData("JP", "〒154-0023", "154-0023")]
    [InlineData("JP", "１５４－００２３", "154-0023")]
    [InlineData("JP", "1540023", "154-0023")]
    [InlineData("DE", "D-10115", "10115")]
    [InlineData("DE", "DE 10115", "10115")]
    [InlineData("CH", "CH-8001", "8001")]
    [InlineData("LI", "FL-9490", "9490")]
    [InlineData("LV", "1010", "LV-1010")]
    [InlineData("LV", "lv 1010", "LV-1010")]
    [InlineData("AD", "500", "AD500")]
    [InlineData("IE", "d02af30", "D02 AF30")]
    [InlineData("EG", "١١٥١١", "11511")]
    [InlineData("EG", "4460232", "4460232")]
    [InlineData("HK", "999077", "999077")]
    public void a_postal_code_is_written_as_the_country_writes_it(string country, string typed, string written) =>
        Assert.Equal(written, AddressFormat.Of(country)!.PostalCodeOf(typed));

    [Theory]
    [InlineData("US", "x")]
    [InlineData("US", "1234")]
    [InlineData("US", "123456")]
    [InlineData("US", "SW1Y 4JH")]
    [InlineData("US", "94105\n94106")]
    [InlineData("GB", "12345")]
    [InlineData("DE", "1011")]
    [InlineData("CA", "D1A 0B1")]
    [InlineData("CN", "12345")]
    [InlineData("JP", "12345")]
    [InlineData("IN", "11001")]
    public void what_is_no_postal_code_of_the_country_is_refused_with_an_example(string country, string typed)
    {
        var format = AddressFormat.Of(country)!;
        Assert.Null(format.PostalCodeOf(typed));
        Assert.Equal(
            [$"is not a postal code of {country}; an example is {format.PostalCodeExamples[0]}"],
            Errors(Given.Address with { Country = country, Region = null, PostalCode = typed })["postalCode"]);
    }

    [Theory]
    [InlineData("US", "California", "CA")]
    [InlineData("US", "ca", "CA")]
    [InlineData("US", " new  york ", "NY")]
    [InlineData("US", "District of Columbia", "DC")]
    [InlineData("CA", "Québec", "QC")]
    [InlineData("BR", "Sao Paulo", "SP")]
    [InlineData("AU", "new south wales", "NSW")]
    [InlineData("IT", "Roma", "RM")]
    [InlineData("AE", "dubai", "Dubai")]
    [InlineData("AE", "DU", "Dubai")]
    [InlineData("AE", "دبي", "إمارة دبيّ")]
    [InlineData("JP", "13", "Tokyo")]
    [InlineData("JP", "東京都", "東京都")]
    [InlineData("CN", "Guangdong Province", "Guangdong Province")]
    [InlineData("GB", "Greater London", "Greater London")]
    public void a_region_is_written_as_the_country_writes_it(string country, string typed, string written) =>
        Assert.Equal(written, AddressFormat.Of(country)!.RegionOf(typed));

    [Theory]
    [InlineData("US", "Bavaria")]
    [InlineData("US", "XX")]
    [InlineData("CA", "CA")]
    [InlineData("AU", "London")]
    public void where_regions_are_codes_others_are_refused(string country, string region)
    {
        var format = AddressFormat.Of(country)!;
        var errors = Errors(new Address("Ada", "1 Main Street", null, "Town", region, format.PostalCodeExamples[0], country, null));
        Assert.Equal([$"is not a region of {country}; use one of {string.Join(", ", format.Regions)}"], Assert.Single(errors).Value);
    }

    [Theory]
    [InlineData("HK", "Hong Kong", null, null)]
    [InlineData("HK", "", "Kowloon", "Kowloon")]
    [InlineData("HK", "Kowloon", null, "Kowloon")]
    [InlineData("AE", "Dubai", null, "Dubai")]
    [InlineData("AE", "Al Ain", null, null)]
    [InlineData("AE", "", "Dubai", "Dubai")]
    [InlineData("IE", "Dublin", null, null)]
    [InlineData("AG", "", null, null)]
    public void where_there_are_no_postal_codes_none_is_asked_for(string country, string city, string? region, string? written)
    {
        var (usable, errors) = AddressRules.Check(new Address("Ada", "1 Main Street", null, city, region, "", country, null));
        Assert.Empty(errors);
        Assert.Equal((city, written, ""), (usable.City, usable.Region, usable.PostalCode));
    }

    [Fact]
    public void a_city_state_needs_no_city() =>
        Assert.Empty(Errors(new Address("Ada", "10 Bayfront Avenue", null, "", null, "018956", "SG", null)));

    [Fact]
    public void the_parts_of_an_address_are_each_one_line()
    {
        var (usable, _) = AddressRules.Check(
            new Address(" Ada\r\nLovelace ", "12\tSt James's  Square", "\n", "London", "  ", "sw1y 4le", "GB", ""));
        Assert.Equal(new Address("Ada Lovelace", "12 St James's Square", null, "London", null, "SW1Y 4LE", "GB", null), usable);
    }

    private static Gen<T> OneOf<T>(T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Dictionary<string, string[]> Errors(Address address) =>
        AddressRules.Check(address).Errors.ToDictionary(e => e.Key, e => Array.ConvertAll(e.Value, text => text.English));
}
