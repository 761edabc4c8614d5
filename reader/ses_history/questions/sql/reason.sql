-- Why a message did not arrive, or not yet, or was complained about, in SES's and the mail server's codes.
CASE event_type
  WHEN 'Bounce' THEN CASE
    WHEN outcome = 'replied' THEN 'automatic reply'
    ELSE concat_ws(' ', concat_ws('/', bounce_type, bounce_sub_type), enhanced_code)
  END
  WHEN 'DeliveryDelay' THEN concat_ws(' ', delay_type, enhanced_code)
  WHEN 'Complaint' THEN coalesce(complaint_sub_type, complaint_type, 'complaint')
  ELSE reason
END
