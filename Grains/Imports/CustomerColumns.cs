namespace SoonShop.Imports;

/// <summary>
/// The columns of customers. Each has the name of this shop's export, and the names that Shopify's export has or had for it
/// (help.shopify.com, "Customer CSV file").
/// </summary>
public static class CustomerColumns
{
    /// <summary>The e-mail address.</summary>
    public const string Email = "E-mail";
    /// <summary>The name.</summary>
    public const string Name = "Name";
    /// <summary>The first part of the name.</summary>
    public const string FirstName = "First Name";
    /// <summary>The last part of the name.</summary>
    public const string LastName = "Last Name";
    /// <summary>The customer groups, separated by spaces.</summary>
    public const string Groups = "Groups";
    /// <summary>The reason of the tax exemption.</summary>
    public const string TaxExemption = "Tax exemption";
    /// <summary>Whether the customer is tax exempt.</summary>
    public const string TaxExempt = "Tax Exempt";
    /// <summary>The language tag.</summary>
    public const string Locale = "Locale";
    /// <summary>The recipient.</summary>
    public const string AddressName = "Default Address Name";
    /// <summary>The company.</summary>
    public const string Company = "Default Address Company";
    /// <summary>Street and number.</summary>
    public const string Line1 = "Default Address Address1";
    /// <summary>The second line.</summary>
    public const string Line2 = "Default Address Address2";
    /// <summary>The city.</summary>
    public const string City = "Default Address City";
    /// <summary>The code of the region.</summary>
    public const string Region = "Default Address Province Code";
    /// <summary>The postal code.</summary>
    public const string PostalCode = "Default Address Zip";
    /// <summary>The country code.</summary>
    public const string Country = "Default Address Country Code";
    /// <summary>The telephone number.</summary>
    public const string Phone = "Default Address Phone";

    /// <summary>The other names of a column.</summary>
    private static readonly Dictionary<string, string> OtherNames = new()
    {
        [Email] = "Email",
        [Company] = "Company",
        [Line1] = "Address1",
        [Line2] = "Address2",
        [City] = "City",
        [Region] = "Province Code",
        [PostalCode] = "Zip",
        [Country] = "Country Code",
        [Phone] = "Phone",
    };

    /// <summary>All columns, by all their names.</summary>
    public static readonly IReadOnlyCollection<string> All =
    [
        Email, Name, FirstName, LastName, Groups, TaxExemption, TaxExempt, Locale, AddressName, Company, Line1, Line2, City, Region,
        PostalCode, Country, Phone, .. OtherNames.Values,
    ];

    /// <summary>Returns the name under which a file has a column; the shop's own where it has none.</summary>
    public static string NameIn(CsvHeader header, string column) =>
        !header.Has(column) && OtherNames.TryGetValue(column, out var other) && header.Has(other) ? other : column;

    /// <summary>True when the file has the column, by any name.</summary>
    public static bool Has(CsvHeader header, string column) => header.Has(NameIn(header, column));
}
