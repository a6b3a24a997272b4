using System.Text.RegularExpressions;
using SoonShop.Users;

namespace SoonShop.Imports;

/// <summary>What a row says of a customer.</summary>
/// <param name="Line">The line.</param>
/// <param name="User">The account as it would be created.</param>
internal sealed partial record CustomerRow(int Line, ImportUser User)
{
    private const int MaxLine = 200, MaxShortLine = 100, MaxPostalCode = 20, MaxPhone = 30;

    /// <summary>The reason of a tax exemption that has none.</summary>
    private const string NoReason = "tax exempt";

    /// <summary>The address for comparisons.</summary>
    public string NormalizedEmail { get; } = EmailAddress.Normalize(User.Email);

    /// <summary>Reads a row; null when a cell is wrong. The account's rules check the rest.</summary>
    public static CustomerRow? Read(CsvRow row, out RowResult? wrong)
    {
        RowResult? problem = null;
        string? Cell(string column) => row.Find(CustomerColumns.NameIn(row.Header, column));
        void Refuse(string column, ErrorText text) =>
            problem ??= RowResult.Wrong(row.Line, CustomerColumns.NameIn(row.Header, column), text);
        string? Line(string column, int max)
        {
            var text = Cell(column);
            if (text is not null && (text.Length > max || !Text.IsLine(Text.WithoutMarks(text))))
                Refuse(column, ErrorText.Of("field.line-length", $"must be 1–{max} characters on one line"));
            return text;
        }

        var email = Cell(CustomerColumns.Email) ?? "";
        // Also a text that is too long to be normalized.
        if (!EmailAddress.IsValid(email))
            Refuse(CustomerColumns.Email, ErrorText.Of("field.email", "is not a valid e-mail address"));
        var name = Cell(CustomerColumns.Name)
            ?? string.Join(' ', new[] { Cell(CustomerColumns.FirstName), Cell(CustomerColumns.LastName) }.OfType<string>());
        var exempt = Cell(CustomerColumns.TaxExemption);
        if (exempt is null && Cell(CustomerColumns.TaxExempt) is { } flag)
        {
            if (Yes.IsMatch(flag))
                exempt = NoReason;
            else if (!No.IsMatch(flag))
                Refuse(CustomerColumns.TaxExempt, ErrorText.Of("import.flag", "must be TRUE or FALSE"));
        }
        var address = Line(CustomerColumns.Line1, MaxLine) is { } line1
            ? new Address(
                Line(CustomerColumns.AddressName, MaxShortLine)
                    ?? (name.Length is > 0 and <= MaxShortLine ? name : email[..Math.Min(email.Length, MaxShortLine)]),
                line1,
                Both(Line(CustomerColumns.Company, MaxShortLine), Line(CustomerColumns.Line2, MaxLine)),
                Line(CustomerColumns.City, MaxShortLine) ?? "", Line(CustomerColumns.Region, MaxShortLine),
                Line(CustomerColumns.PostalCode, MaxPostalCode) ?? "", Cell(CustomerColumns.Country) ?? "",
                Line(CustomerColumns.Phone, MaxPhone))
            : null;
        var user = new ImportUser(
            email, name.Length == 0 ? null : name, Cell(CustomerColumns.Locale), address,
            [.. (Cell(CustomerColumns.Groups) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)], exempt);
        wrong = problem;
        return problem is null ? new CustomerRow(row.Line, user) : null;

        string? Both(string? company, string? line2)
        {
            if (company is null || line2 is null)
                return company ?? line2;
            if (company.Length + line2.Length + 2 > MaxLine)
            {
                var left = MaxLine - company.Length - 2;
                Refuse(CustomerColumns.Line2, ErrorText.Of("field.line-length", $"must be 1–{left} characters on one line"));
            }
            return $"{company}, {line2}";
        }
    }

    /// <summary>Returns the column of a field in an error of the account's rules; null for a field that no column gives.</summary>
    public static string? ColumnOf(CsvHeader header, string field) => field switch
    {
        "email" => CustomerColumns.NameIn(header, CustomerColumns.Email),
        "displayName" =>
            CustomerColumns.NameIn(header, header.Has(CustomerColumns.Name) ? CustomerColumns.Name : CustomerColumns.FirstName),
        "locale" => CustomerColumns.Locale,
        "taxExemptionReason" => header.Has(CustomerColumns.TaxExemption) ? CustomerColumns.TaxExemption : CustomerColumns.TaxExempt,
        "address.country" => CustomerColumns.NameIn(header, CustomerColumns.Country),
        "address.region" => CustomerColumns.NameIn(header, CustomerColumns.Region),
        "address.city" => CustomerColumns.NameIn(header, CustomerColumns.City),
        "address.postalCode" => CustomerColumns.NameIn(header, CustomerColumns.PostalCode),
        _ when field.StartsWith("groups", StringComparison.Ordinal) => CustomerColumns.Groups,
        _ => null,
    };

    [GeneratedRegex("^(true|yes|1)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Yes { get; }

    [GeneratedRegex("^(false|no|0)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex No { get; }
}
